FROM node:24-slim
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build && mkdir /data && chown -R node /data /app
USER node
# Inside a container only other machines call.
ENV FAKTURIST_DATA=/data HOST=0.0.0.0
EXPOSE 8080
ENTRYPOINT ["node", "bin/fakturist"]
CMD ["start"]
